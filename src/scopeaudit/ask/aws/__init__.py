"""AWS: signed questions to STS and IAM, and what the policies they return allow."""
