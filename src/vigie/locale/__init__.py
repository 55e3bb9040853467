"""The words people read, in their languages: catalogues, the trade's glossary, and what keeps both complete."""
