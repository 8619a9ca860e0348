"""Runs a Milvus server inside this process's own network and lets one loopback port of the outer network in.

The standalone server listens on every address and on ten ports, and keeps files of its own in /run and /tmp/milvus,
whoever runs it and however many there are. Its starter therefore gives this process an empty network namespace, a mount
namespace, and a listening socket that belongs to the outer network: what connects there is passed on.

Arguments: the descriptor of the listening socket, the descriptor to report readiness on, the server's command.
Ends when the server ends, in order on SIGTERM, at once on SIGINT.
"""
import asyncio
import ctypes
import fcntl
import os
import signal
import socket
import struct
import sys

GRACE = 2.0  # its components wait for each other for many seconds; what it has acknowledged is in its log
PROXY = 19530
HEALTH = 9091
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP, PR_SET_PDEATHSIG = 0x8913, 0x8914, 1, 1
MS_PRIVATE_ALL = 0x4000 | 1 << 18

libc = ctypes.CDLL(None, use_errno=True)


def raise_loopback():
    """A new network namespace has a loopback device, switched off."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(control, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def mount(source, target, kind, flags):
    """mount(2), with an exception when it fails."""
    if libc.mount(source, target, kind, ctypes.c_ulong(flags), None) != 0:
        raise OSError(ctypes.get_errno(), f"mount on {target.decode()}")


def hide_shared_places():
    """Lays empty file systems over the places that servers would share; only this process and its children see them."""
    os.makedirs("/tmp/milvus", exist_ok=True)
    mount(b"none", b"/", None, MS_PRIVATE_ALL)
    for place in (b"/run", b"/tmp/milvus"):
        mount(b"tmpfs", place, b"tmpfs", 0)


def die_with_gate():
    """In the server, before it is executed: the kernel ends it when this process is gone."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


async def healthy():
    """Whether every component of the server says that it is well."""
    reader, writer = await asyncio.open_connection("127.0.0.1", HEALTH)
    try:
        writer.write(b"GET /healthz HTTP/1.0\r\n\r\n")
        return (await reader.read()).endswith(b"OK")
    finally:
        writer.close()


async def report(descriptor):
    """Says "ready" once; the server has no event to await, so it is asked again and again."""
    while True:
        try:
            if await healthy():
                break
        except OSError:
            pass
        await asyncio.sleep(0.05)
    os.write(descriptor, b"ready\n")
    os.close(descriptor)


async def pump(reader, writer):
    """Copies one direction of a connection to its end."""
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def pass_on(reader, writer):
    """Joins an outer connection to the server."""
    try:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", PROXY)
        for end in (writer, inner_writer):
            end.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError:
        writer.close()
        return
    await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer))


def ask(action):
    """Signals the server, which may just have ended."""
    try:
        action()
    except ProcessLookupError:
        pass


def end(loop, server):
    """Ends the server in order, by force when that takes too long."""
    ask(server.terminate)
    loop.call_later(GRACE, ask, server.kill)


async def main(listener, ready, command):
    """Runs everything; returns the server's exit code."""
    raise_loopback()
    hide_shared_places()
    server = await asyncio.create_subprocess_exec(*command, preexec_fn=die_with_gate)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, ask, server.kill)
    loop.add_signal_handler(signal.SIGTERM, end, loop, server)
    gate = await asyncio.start_server(pass_on, sock=socket.socket(fileno=listener))
    reporting = asyncio.create_task(report(ready))
    code = await server.wait()
    reporting.cancel()
    gate.close()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    # os._exit: connections that are still open must not hold up the end.
    os._exit(asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])))
