# SPDX-License-Identifier: Apache-2.0
"""End-to-end stories: each has a laboratory of its own and says in one sentence what it shows."""
