"""SGQL, SendGrid's first query language: a bare condition, strictly typed, in its own words.

Source: contracts/sendgrid.md §4.1 and §4.4. What it says becomes the same syntax tree as SQL's.
"""
