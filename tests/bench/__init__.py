# SPDX-License-Identifier: Apache-2.0
"""The bench: figures of strongSwan's client and of roamd, side by side."""
