"""What `make bench` measures: the promises, peers doing the same work, and how it all grows."""

from bench.environment import prepare

prepare()
