"""The OSCQuery server: other programs ask by HTTP what there is, and hear by WebSocket what changes.

It follows the OSCQuery proposal (Vidvox/OSCQueryProposal, third revision).
"""
