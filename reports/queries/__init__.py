"""What do report pages list and count?"""
