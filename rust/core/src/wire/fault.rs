//! Errors that providers send inside a stream, in their many shapes.

use std::borrow::Cow;

use super::delta::ProviderFault;
use super::read::{Read, Reader};

/// Reads an error: a string, or an object with the error's parts in it or in its `error`.
pub(super) fn read(reader: &mut Reader<'_>) -> Read<ProviderFault> {
    let mut fault = ProviderFault::default();
    add(reader, &mut fault, 0)?;
    Ok(fault)
}

/// Errors wrap errors (a gateway's around a provider's); deeper ones are not looked into.
const MOST_NESTED: usize = 4;

fn add(reader: &mut Reader<'_>, fault: &mut ProviderFault, depth: usize) -> Read<()> {
    match reader.peek() {
        b'{' if depth < MOST_NESTED => {
            reader.object(|reader, key| member(reader, key, fault, depth))
        }
        b'"' => {
            let text = reader.string()?.unwrap_or_default();
            put_message(fault, text);
            Ok(())
        }
        _ => reader.skip(),
    }
}

fn member(reader: &mut Reader<'_>, key: &str, fault: &mut ProviderFault, depth: usize) -> Read<()> {
    match key {
        "error" => add(reader, fault, depth + 1)?,
        "message" | "detail" | "Message" => {
            let text = reader.filled()?.unwrap_or_default();
            put_message(fault, text);
        }
        "type" => put(
            &mut fault.kind,
            reader.filled()?.filter(|kind| kind != "error"),
        ),
        "status" if reader.peek() == b'"' => put(&mut fault.kind, reader.filled()?),
        "status" | "status_code" => {
            let status = reader
                .count()?
                .and_then(|status| u16::try_from(status).ok());
            fault.status = fault.status.or(status);
        }
        "code" => code(reader, fault)?,
        _ => reader.skip()?,
    }
    Ok(())
}

/// A code is a word, or a number that is an HTTP status where it looks like one.
fn code(reader: &mut Reader<'_>, fault: &mut ProviderFault) -> Read<()> {
    if reader.peek() == b'"' {
        put(&mut fault.code, reader.filled()?);
    } else if let Some(number) = reader.count()? {
        fault.code.get_or_insert_with(|| number.to_string());
        let status = u16::try_from(number)
            .ok()
            .filter(|status| (400..600).contains(status));
        fault.status = fault.status.or(status);
    }
    Ok(())
}

fn put(slot: &mut Option<String>, text: Option<Cow<'_, str>>) {
    if slot.is_none() {
        *slot = text.map(Cow::into_owned);
    }
}

fn put_message(fault: &mut ProviderFault, text: Cow<'_, str>) {
    if fault.message.is_empty() {
        fault.message = text.into_owned();
    }
}
