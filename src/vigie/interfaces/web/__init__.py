"""Base templates, middleware, content security policy, static files."""
