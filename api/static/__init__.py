"""What the documentation pages load, shipped with their licences: Swagger UI, ReDoc, our pages."""
