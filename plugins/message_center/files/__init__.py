"""Events from files: NDJSON, CSV and XML in a folder or an object store, each record once, in a worker of Airflow."""
