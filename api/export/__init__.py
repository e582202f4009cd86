"""All that is held on one resident, as a JSON document and as a FHIR R4 bundle."""
