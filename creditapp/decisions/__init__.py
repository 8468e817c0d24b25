"""Makes decisions, keeps them, scores them again, and keeps what people decide about them."""
