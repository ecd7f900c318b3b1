"""Tests of the Trading API over REST."""
