"""What would somebody write or take instead? Floors and peers that the product's figures stand beside."""
