"""Answers and figures as pages, tables and files."""

from analysis.report.write import write_report, write_studies

__all__ = ["write_report", "write_studies"]
