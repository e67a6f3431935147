# SPDX-License-Identifier: Apache-2.0
"""The laboratory: a laptop with two uplinks, two access networks, a gateway and a host behind it, in namespaces."""
