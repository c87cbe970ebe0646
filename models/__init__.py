"""The contract between training and serving: schema, encoder, network, calibration, predictor, checkpoint."""
