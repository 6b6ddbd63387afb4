"""The lessons of the page `/flow`: what each station and each field is, why it is there, and where to read on."""

from flask_babel import gettext as _


def lessons() -> dict[str, str]:
    """Return every explanation by the key of what it explains."""
    return _stations() | _handshake() | _frame() | _sections() | _stops()


def _stations() -> dict[str, str]:
    return {
        "about.client": _(
            "A client is one connection: a browser tab, or a program. Each has a TCP socket, a thread on the server and"
            " an outbox of its own (chatapp/live/hub.py, Client). The chosen one is shown under Handshake and Frames."
        ),
        "about.group": _(
            "More than 30 clients are drawn as groups, one for each room; who is in no room yet is a group too."
            " Each of them still has a socket, a thread and an outbox of its own."
        ),
        "about.door": _(
            "The door looks at each request for a WebSocket before the upgrade: method, headers, origin, and whether"
            " there is space for one more. Who may enter is put on the client list; everybody else gets a plain HTTP"
            " answer that says why not. It is asked once per connection: messages pass it without a stop"
            " (chatapp/live/door.py; RFC 6455, section 4.2)."
        ),
        "about.session": _(
            "Every client has a thread of its own, which sleeps in recv() until bytes come. It takes them apart into"
            " frames, unmasks them and makes a typed command of the text. So a slow or broken client holds up nobody"
            " but itself (chatapp/live/session.py and reader.py; RFC 6455, section 5)."
        ),
        "about.room": _(
            "Here are the rules of the chat: a text must not be empty or too long, and nobody may write too fast."
            " They are plain code on the sender's own thread and know neither sockets nor SQL. What is allowed goes"
            " into the journal's queue (chatapp/rooms/house.py)."
        ),
        "about.journal": _(
            "One thread owns the connection that writes to the database. It takes all that waits, stores it in one"
            " transaction, and gives each message the next number of its room. Waiting for the disk is the longest"
            " stop of most messages; shared by many, it costs each of them little (chatapp/log/journal.py)."
        ),
        "about.bus": _(
            "The bus carries what is stored to whoever tells it on; in one process that is a direct call on the"
            " journal's thread. Nothing comes here before it is on disk: store, then tell (chatapp/bus/local.py)."
        ),
        "about.fanout": _(
            "One thread tells everybody. A round takes all that waits, encodes each message once per dialect and joins"
            " what goes to the same room. While a round is written the next one gathers: the busier it gets, the fewer"
            " system calls a message costs (chatapp/live/fanout.py)."
        ),
        "about.outbox": _(
            "Each client has one outbox, and only it writes to that client's socket: the frames of two threads cannot"
            " mix. It hands bytes to the system without ever waiting. What the socket does not take is kept up to a"
            " bound, and beyond it the client is closed with 1013: who reads slowly delays nobody"
            " (chatapp/live/outbox.py)."
        ),
    }


def _handshake() -> dict[str, str]:
    return {
        "about.key": _(
            "Sixteen random bytes in base64, new for each connection. The key is no secret: it makes sure that the"
            " answer was made for this very request and does not come from a cache (RFC 6455, sections 1.3 and 4.1)."
        ),
        "about.guid": _(
            "A constant of the RFC, the same in every WebSocket server of the world. A server that knows nothing of"
            " WebSockets would not put it behind the key: the right answer shows that this one does"
            " (RFC 6455, section 1.3)."
        ),
        "about.sha1": _(
            "SHA-1 of the key with the GUID behind it: 20 bytes. SHA-1 is no longer safe for signatures, but no secret"
            " depends on it here: it only shows that the key was read (RFC 6455, section 4.2.2; accept_key in"
            " chatapp/live/handshake.py)."
        ),
        "about.accept": _(
            "The 20 bytes in base64: this goes back in the header Sec-WebSocket-Accept. The browser computes the same,"
            " and ends the connection if the two differ (RFC 6455, section 4.1)."
        ),
        "about.subprotocol": _(
            "The language that is spoken inside the frames. The client offers what it speaks and the server picks one:"
            " our page speaks chat.v1; a client in a terminal offers nothing and gets bare texts"
            " (RFC 6455, section 1.9)."
        ),
        "about.request": _(
            "A WebSocket begins as an ordinary HTTP GET that asks to change the protocol. What could give a person"
            " away, such as cookies, is left out here (RFC 6455, section 4.1)."
        ),
        "about.response": _(
            "“101 Switching Protocols” is the last HTTP on this connection: behind its empty line frames begin."
            " It accepts no compression, for one encoded frame must do for every client (switching_protocols in"
            " chatapp/live/handshake.py)."
        ),
    }


def _frame() -> dict[str, str]:
    return {
        "about.fin": _(
            "FIN, one bit: 1 says that this frame ends its message. A long message may come in several frames, the"
            " fragments, of which only the last one has a 1 (RFC 6455, section 5.4)."
        ),
        "about.rsv": _(
            "RSV1 to RSV3, three bits that are kept for extensions; compression would use the first. This server"
            " accepts no extension, so a frame with one of them set ends the connection with 1002"
            " (RFC 6455, section 5.2; chatapp/live/reader.py)."
        ),
        "about.opcode": _(
            "Four bits that say what the frame is: 1 text, 2 binary, 0 continues a message, 8 close, 9 ping, 10 pong."
            " The last three are control frames, which may come between the fragments of a message"
            " (RFC 6455, sections 5.2 and 5.5)."
        ),
        "about.mask": _(
            "MASK, one bit: 1 says that the content is masked and that its key follows. A client must mask and a"
            " server must not; a client's frame without a mask ends the connection with 1002"
            " (RFC 6455, section 5.1)."
        ),
        "about.length": _(
            "Seven bits for the number of bytes of content. Up to 125 that is the length itself; 126 says that the"
            " next two bytes hold it, 127 that the next eight do (RFC 6455, section 5.2)."
        ),
        "about.extended": _(
            "The length of a longer content, in two or eight bytes, the highest byte first. Only the shortest form"
            " is allowed, so that each length can be written in one way only (RFC 6455, section 5.2)."
        ),
        "about.masking": _(
            "Four bytes that the client picks at random for each frame. They are no encryption, for they travel"
            " beside what they hide: they keep a hostile page from making the browser send bytes of its choice that"
            " a proxy would take for HTTP (RFC 6455, sections 5.3 and 10.3)."
        ),
        "about.payload": _(
            "The content as it travelled. If it is masked, byte i was combined by XOR with byte i modulo 4 of the key;"
            " combined once more it is the original again (RFC 6455, section 5.3; _unmasked in"
            " chatapp/live/reader.py)."
        ),
        "about.unmasked": _(
            "The content as it was meant: in a text frame UTF-8, in a close frame two bytes of code and then a reason."
            " It is hidden if it is not yours to read (RFC 6455, sections 5.5.1 and 5.6)."
        ),
        "about.rtt": _(
            "The time to the client and back as TCP in the kernel measures it, smoothed: from bytes that were sent"
            " until the client's system confirms them (round_trip in chatapp/live/outbox.py). From a ping to its pong"
            " it takes longer, for the client's program has to answer. The server pings who has been silent for a"
            " while, and cuts off who stays silent (RFC 6455, sections 5.5.2 and 5.5.3; chatapp/live/heartbeat.py)."
        ),
    }


def _sections() -> dict[str, str]:
    return {
        "about.house": _(
            "This is the way of every message through this server. It enters on its sender's thread, is stored on the"
            " journal's thread and leaves on the fan-out's thread; no arrow points back. Each dot is one message in"
            " slow motion: its stops are to scale, and the ways between them always take the same time."
        ),
        "about.handshake": _(
            "A WebSocket begins as an HTTP request that asks to change the protocol. The server proves that it has"
            " understood by an answer computed from the client's key; from then on the same TCP connection carries"
            " frames (RFC 6455, section 4; chatapp/live/handshake.py)."
        ),
        "about.frames": _(
            "After the handshake everything travels in frames: a head of 2 to 14 bytes, then the content. Choose a"
            " frame and go over its fields: their bits are marked in the bytes as they were on the wire"
            " (RFC 6455, section 5.2; chatapp/live/reader.py and frames.py)."
        ),
        "about.waterfall": _(
            "One message from its first byte to its last recipient, each bar to scale. What is above the commit had"
            " to wait for the disk; what is below it is how fast one thread reaches everybody"
            " (chatapp/log/journal.py and chatapp/live/fanout.py)."
        ),
        "about.threads": _(
            "Every line is a thread of the operating system. Most sleep in a system call and cost little memory: one"
            " for each client, and a few that all share (journal, fan-out, heartbeat, terminal). Python runs the code"
            " of one thread at a time, but a sleeping thread asks for no turn."
        ),
        "about.lock": _(
            "All threads read and change the list of clients, so a lock guards it: one thread at a time. The rule is"
            " to hold it for memory only, never while sending, encoding or logging. The fan-out asks for it twice a"
            " round, however many clients there are (chatapp/live/hub.py)."
        ),
        "about.waited": _(
            "How long threads stood before the lock until it was theirs. Nearly all should be in the first bars: who"
            " waits long shows that somebody holds it too long (chatapp/live/hub.py)."
        ),
        "about.held": _(
            "How long threads kept the lock. Everybody else waits for so long at the worst, and therefore nothing"
            " that may block is done under it (chatapp/live/hub.py)."
        ),
        "about.outboxes": _(
            "How many bytes wait for each client, against the bound. Nothing is what you should see: the system's own"
            " buffer takes nearly all. Who passes the bound is closed with 1013, comes back and fetches what it"
            " missed (chatapp/live/outbox.py and resume.py)."
        ),
        "about.terminal": _(
            "The lines that the server prints, as the chat's first version printed them. Here each is linked with the"
            " message or the client that caused it. They go out on a thread of their own, so that a stopped terminal"
            " stops nobody's chat (chatapp/terminal.py)."
        ),
    }


def _stops() -> dict[str, str]:
    """What a message does, or waits for, at each stop of its way."""
    return {
        "waits.session": _("The sender's thread unmasks the frame and makes a command of it; it waits for nobody."),
        "waits.room": _("The sender's thread checks the rules and puts the message into the journal's queue."),
        "waits.queue": _("It waits in the queue until the journal's thread has stored what came before it."),
        "waits.commit": _("The journal's thread writes it in one transaction with others, and waits for the disk."),
        "waits.bus": _("It is on disk now; the journal's thread hands it to the fan-out."),
        "waits.fanout": _("It waits for the fan-out's thread to begin a round, which makes a frame of it, only once."),
        "waits.offers": _("The fan-out's thread offers the frame to one outbox after the other, and waits for none."),
    }


def guide() -> dict[str, str]:
    """Return the ten steps of the tour."""
    return {
        "guide.1.title": _("The house"),
        "guide.1.text": _(
            "This is the chat's server while it runs. Every message goes round: in through the door, down to the"
            " disk, and out to everybody. Choose a station to read what it is for."
        ),
        "guide.2.title": _("Open a second tab"),
        "guide.2.text": _(
            "Open the chat in a second tab and give yourself a name. Watch the clients: one more appears."
        ),
        "guide.3.title": _("The handshake"),
        "guide.3.text": _(
            "Your tab has just asked to change from HTTP to WebSocket. Choose it among the clients: the proof of the"
            " server is computed here once more, step by step."
        ),
        "guide.4.title": _("A thread of its own"),
        "guide.4.text": _(
            "The server gave your tab a thread, and it is reading: asleep, until your browser sends something. Look"
            " for it among the handlers."
        ),
        "guide.5.title": _("Send a message"),
        "guide.5.text": _(
            "Write something in the second tab and come back. Your message travels here as a dot. Choose the dot: it"
            " stops and tells which thread has it and what it waits for."
        ),
        "guide.6.title": _("What went over the wire"),
        "guide.6.text": _(
            "Choose your tab as the client and send once more: each message is one frame. Go over FIN, the opcode,"
            " the length and the key, and see how the mask turns your text into noise and back."
        ),
        "guide.7.title": _("Where the time goes"),
        "guide.7.text": _(
            "The same message as a waterfall. The longest bar is mostly the disk; then everybody gets it within a"
            " moment. When many write at once, they share one transaction and one round."
        ),
        "guide.8.title": _("One list, one lock"),
        "guide.8.text": _(
            "Who is connected stands in one list that all threads use, and a lock guards it. It is held for some"
            " microseconds only: the bars far on the left show it."
        ),
        "guide.9.title": _("Nobody waits for the slow"),
        "guide.9.text": _(
            "What a client does not read waits in its outbox, and only there. At the bound it is sent away, and comes"
            " back for what it missed."
        ),
        "guide.10.title": _("Close the tab"),
        "guide.10.text": _(
            "Close the second tab. Its client leaves the picture, and the terminal says so. Under gunicorn its thread"
            " goes back to the pool and waits for the next client; under flask run it ends. That was the whole life of"
            " a connection."
        ),
    }
