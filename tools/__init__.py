"""Which programs does a checkout need to run and to test itself? Nothing of the product imports them."""
