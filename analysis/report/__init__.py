"""Answers and figures as pages, tables and files."""

from analysis.report.write import write_report

__all__ = ["write_report"]
