"""Files that leave the application: an applicant's own data, and the sealed record for auditors."""
