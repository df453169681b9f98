"""Messages to rows and back: what identifies anybody is sealed on the way in and opened on the way out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from mailguard.model import Envelope, Message
from mailguard.store.crypto import Seal, Vault
from mailguard.store.rows import from_stored, to_stored


class SealedEnvelope(msgspec.Struct, array_like=True):
    """What the column `sealed_envelope` holds: everything of a message but its id, time and content."""

    sender: str
    recipients: tuple[str, ...]
    school: str | None
    peer: str
    helo: str
    protocol: str
    body_type: str
    smtputf8: bool
    ret: str
    envid: str
    notify: tuple[str, ...]
    orcpt: tuple[str, ...]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(SealedEnvelope)


@dataclass(frozen=True, slots=True)
class MessageRows:
    """One message ready for the writer: the row of `message`, those of `recipient` (state still to be set), and the
    sealed chunks of the content; `seal` and `envelope` are what `open_envelope` would make of the row."""

    message: dict[str, Any]
    recipients: list[dict[str, Any]]
    chunks: list[bytes]
    seal: Seal
    envelope: SealedEnvelope
    sent_ahead: int = 0  # chunks that were written before these

    @property
    def weight(self) -> int:
        """Bytes to write, about."""
        return int(self.message["size"])


def message_rows(message: Message, vault: Vault, node: str, own: bool, *, content: bool = True) -> MessageRows:
    """Seal a message, its content only if asked to. `own` marks what mailguard made itself (DSN, notice)."""
    envelope = message.envelope
    seal, wrapped = vault.new_seal(message.id)
    fields = SealedEnvelope(
        sender=envelope.sender,
        recipients=envelope.recipients,
        school=envelope.school,
        peer=message.peer,
        helo=message.helo,
        protocol=message.protocol,
        body_type=message.body_type,
        smtputf8=message.smtputf8,
        ret=message.ret,
        envid=message.envid,
        notify=message.notify,
        orcpt=message.orcpt,
    )
    row = {
        "id": message.id,
        "node": node,
        "received_at": to_stored(message.received_at),
        "size": len(message.content),
        "own": own,
        "key_id": vault.key_id,
        "wrapped_key": wrapped,
        "sealed_envelope": seal.seal("envelope", _encoder.encode(fields)),
        "sender_digest": vault.digest("address", envelope.sender.lower()),
        "school": envelope.school,
    }
    recipients = [
        {
            "message_id": message.id,
            "n": n,
            "address_digest": vault.digest("address", address.lower()),
            "attempts": 0,
        }
        for n, address in enumerate(envelope.recipients)
    ]
    return MessageRows(row, recipients, list(seal.seal_chunks(message.content)) if content else [], seal, fields)


def open_envelope(row: Mapping[Any, Any], vault: Vault) -> tuple[Seal, SealedEnvelope]:
    """The data key of a message and its envelope, from its row (id, wrapped_key, sealed_envelope)."""
    seal = vault.unwrap(row["id"], row["wrapped_key"])
    return seal, _decoder.decode(seal.open("envelope", row["sealed_envelope"]))


def open_message(row: Mapping[Any, Any], chunks: list[bytes], vault: Vault) -> Message:
    """The message that `message_rows` sealed."""
    seal, fields = open_envelope(row, vault)
    return Message(
        id=row["id"],
        envelope=Envelope(fields.sender, fields.recipients, fields.school),
        content=seal.open_chunks(chunks),
        received_at=from_stored(row["received_at"]),
        peer=fields.peer,
        helo=fields.helo,
        protocol=fields.protocol,
        body_type=fields.body_type,
        smtputf8=fields.smtputf8,
        ret=fields.ret,
        envid=fields.envid,
        notify=fields.notify,
        orcpt=fields.orcpt,
    )
