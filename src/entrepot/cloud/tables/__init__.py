"""The cloud's tables: calls, models, money, batches."""

from __future__ import annotations

from .batches import batch_lines, batches, uploads
from .calls import answers, budget_periods, budgets, customers, jobs, requests, spared, stretches, tabs, usage
from .models import licences, models, price_books
from .money import billing, grants, invoice_drafts, invoice_lines, invoice_numbers, invoices, repayments, topups
from .refused import refused

__all__ = [
    "answers",
    "batch_lines",
    "batches",
    "billing",
    "budget_periods",
    "budgets",
    "customers",
    "grants",
    "invoice_drafts",
    "invoice_lines",
    "invoice_numbers",
    "invoices",
    "jobs",
    "licences",
    "models",
    "price_books",
    "refused",
    "repayments",
    "requests",
    "spared",
    "stretches",
    "tabs",
    "topups",
    "uploads",
    "usage",
]
