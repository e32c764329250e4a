"""Answers to CloudFormation for custom resources."""
