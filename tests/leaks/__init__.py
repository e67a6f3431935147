# SPDX-License-Identifier: Apache-2.0
"""What leaves in clear, and for how long nothing flows, when somebody disturbs a tunnel: a table."""
