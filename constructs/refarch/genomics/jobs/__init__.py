"""The job layer: one program for each tool of the pipeline, to be the entry point of its container image.

Each stages its inputs in, runs the tool in a private folder of the scratch volume, stages the results out, and cleans
up, also when it fails or is told to stop. Standard library and boto3 only: these files go into the images.
"""
