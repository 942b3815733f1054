"""What single commands show: one view a file, as text and as plain JSON values."""
