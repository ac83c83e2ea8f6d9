"""Papers people keep: receipts and statements as PDF, in any of the portal's languages."""
