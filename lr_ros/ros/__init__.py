"""What several nodes share: image conversion, QoS, parameters, diagnostics, worker, spin loop."""
