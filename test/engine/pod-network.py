"""Lets processes outside a pod's network talk to its port: each connection to a Unix socket becomes one to the pod's address.

Called inside the pod's network namespace with the socket, the address and the port.
"""
import asyncio
import sys

path, address, port = sys.argv[1:]


async def copy(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def connected(reader, writer):
    try:
        far_reader, far_writer = await asyncio.open_connection(address, int(port))
    except OSError:
        writer.close()
        return
    await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))


async def main():
    async with await asyncio.start_unix_server(connected, path) as server:
        print('listening', flush=True)
        await server.serve_forever()

asyncio.run(main())
