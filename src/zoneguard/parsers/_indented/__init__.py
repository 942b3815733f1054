"""Configurations nested by indentation, as AlliedWare Plus and AX switches print them: lines, words, access lists."""
