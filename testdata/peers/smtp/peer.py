"""A mail server for tests, by aiosmtpd: peer.py PORT starttls|implicit|plain CERTIFICATE KEY USER PASSWORD

It listens on 127.0.0.1, says "listening PORT" and then one JSON line for each message that it takes: from, to, text.
A user named "" is none; otherwise nobody may send without that login. Recipients at refused.example are refused.
"""
import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

port, mode, certificate, key, user, password = sys.argv[1:]


class Taken:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.endswith("@refused.example"):
            return "550 5.1.1 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        text = envelope.content.decode("utf-8", "replace")
        print(json.dumps({"from": envelope.mail_from, "to": envelope.rcpt_tos, "text": text}), flush=True)
        return "250 OK"


def login(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (user.encode(), password.encode())
    return AuthResult(success=good, handled=good)


context = None
if mode != "plain":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)


def connection():
    return SMTP(
        Taken(), hostname="peer.example", enable_SMTPUTF8=True,
        tls_context=context if mode == "starttls" else None, require_starttls=mode == "starttls",
        authenticator=login if user else None, auth_required=bool(user), auth_require_tls=mode == "starttls",
    )


async def main():
    server = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", int(port), ssl=context if mode == "implicit" else None)
    print("listening", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
