"""The views of the Compare page: one file each."""
