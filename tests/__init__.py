"""The tests of OpenKOPES."""
