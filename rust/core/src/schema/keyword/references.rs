//! `$ref`, `$dynamicRef`, `$recursiveRef`.

use super::reading::Reader;
use crate::json::Value;
use crate::schema::options::CompileError;
use crate::schema::raw::{Raw, RawId};
use crate::schema::resources::Place;
use crate::schema::uri::{percent_decoded, resolve, split_fragment};

pub(super) fn read<'d>(
    reader: &mut Reader<'d, '_, '_>,
    raw: &mut Raw,
    keyword: &'static str,
    value: &'d Value,
) -> Result<(), CompileError> {
    let reference = value
        .as_str()
        .ok_or_else(|| reader.error(keyword, "a URI reference"))?;
    let target = target(reader, keyword, reference)?;
    raw.also.push(target);
    Ok(())
}

fn target(
    reader: &mut Reader<'_, '_, '_>,
    keyword: &'static str,
    reference: &str,
) -> Result<RawId, CompileError> {
    let (uri, fragment) = split_fragment(reference);
    let fragment = percent_decoded(fragment);
    let place = find(reader, uri, &fragment).ok_or_else(|| {
        let message =
            format!("{keyword} leads nowhere: {reference} (add its document to the registry)");
        reader.builder.error(reader.id, keyword, message)
    })?;
    let name = if keyword == "$recursiveRef" {
        ""
    } else {
        fragment.as_str()
    };
    let anchors = &reader.builder.index.resources[place.resource].dynamic;
    let is_dynamic = keyword != "$ref"
        && anchors
            .get(name)
            .is_some_and(|found| std::ptr::eq(found.value, place.value));
    let outermost = if is_dynamic {
        reader.builder.outermost(reader.site, name)
    } else {
        None
    };
    let place = outermost.unwrap_or(place);
    let path = if fragment.starts_with('/') {
        fragment
    } else {
        String::new()
    };
    let prefix = reader.builder.index.resources[place.resource].path.clone();
    reader
        .builder
        .target(reader.site, place, format!("{prefix}{path}"))
}

/// The place that a reference names, seen from the schema being read.
fn find<'d>(reader: &Reader<'d, '_, '_>, uri: &str, fragment: &str) -> Option<Place<'d>> {
    let index = reader.builder.index;
    let resource = if uri.is_empty() {
        reader.site.resource
    } else {
        index.resource(&resolve(&index.resources[reader.site.resource].uri, uri))?
    };
    let root = Place {
        value: index.resources[resource].root,
        resource,
    };
    if fragment.is_empty() {
        return Some(root);
    }
    if !fragment.starts_with('/') {
        return index.resources[resource].anchors.get(fragment).copied();
    }
    // The pointer may cross into resources inside this one; where it ends decides how its references resolve.
    let mut place = root;
    for segment in fragment[1..].split('/') {
        let value = place.value.pointer(&format!("/{segment}"))?;
        place = Place {
            value,
            resource: index.owner(value).unwrap_or(place.resource),
        };
    }
    Some(place)
}
