#!/bin/bash
# Starts MiniBrowser with its console messages on a TCP connection, line by line, because WebKitWebDriver discards its
# standard output.
exec stdbuf -oL "$FEARLESS_MINIBROWSER" "$@" >"/dev/tcp/127.0.0.1/$FEARLESS_CONSOLE_PORT" 2>&1
