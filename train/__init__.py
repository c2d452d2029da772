"""Fine-tuning on FER-2013, evaluation, export to ONNX, model card, push to the Hub."""
