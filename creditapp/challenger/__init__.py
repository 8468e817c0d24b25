"""A challenger model that scores live applications in the background, and its comparison."""
