"""What clients and Earshot say to each other, apart from how it is carried."""
