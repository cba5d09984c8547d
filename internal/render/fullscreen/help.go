package fullscreen

// topHelp fits a screen of 80 columns and 24 lines.
const topHelp = `Every ring of this host, read from the kernel without hooks.

  Up Down  k j        move; PgUp PgDn Home End, too
  Enter               explain the process of the ring; Esc goes back
  /                   filter: words that a row must have, of its process, place,
                      state, blocker or address
  s  S                sort by the next or previous of bytes, sockets, nodes,
                      blocked, change, pid, comm
  r                   reverse
  q  Ctrl-C           quit

STATE     BLOCKED     nodes without holders wait behind one that a request holds
          pinned      a request holds the head; whether it blocks others shows
                      when it has been the head for a second, or for two where
                      release is deferred
          releasing   nodes wait for the kernel's own delay only
          clear       nothing waits
          !           the ring is not exact: its explanation says why
FD        r0: used as registered ring 0; -: only mapped; ?: unknown
BYTES     kernel memory behind what is held, estimated; ?: unknown
NODES/s   change since the refresh before; ?: the ring was not there then
`
