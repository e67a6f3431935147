# SPDX-License-Identifier: Apache-2.0
"""Test machines: Debian kernels that have what this machine's kernel may lack, booted on this machine's own root."""
