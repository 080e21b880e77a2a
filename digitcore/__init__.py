"""Handwritten digits: data, ink, networks, training, evaluation. Knows nothing of Streamlit."""
