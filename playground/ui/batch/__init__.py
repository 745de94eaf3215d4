"""The tab "Batch": a table becomes a preview, the preview a batch, and the batch is watched to its end."""
