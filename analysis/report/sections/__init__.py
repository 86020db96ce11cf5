"""The report's sections: ``section(results, gallery) -> Section``, one file per question."""
