// SPDX-License-Identifier: GPL-2.0

//! Compares the kernel's structures with those that the module was written for.

use crate::coverage::Layout;
use crate::report::Compared;
use crate::types::{Place, Types};

/// Compares each of `layouts`.
pub fn compare(types: &Types, layouts: &[Layout]) -> Vec<Compared> {
    layouts
        .iter()
        .map(|layout| compare_one(types, layout))
        .collect()
}

fn compare_one(types: &Types, layout: &Layout) -> Compared {
    let found = differences(types, layout);
    Compared {
        name: layout.name.to_owned(),
        ok: found.is_empty(),
        reason: if found.is_empty() {
            let size = layout
                .size
                .map_or_else(String::new, |size| format!(", {size} bytes"));
            format!("{} members{size}", layout.members.len())
        } else {
            found.join("; ")
        },
    }
}

fn differences(types: &Types, layout: &Layout) -> Vec<String> {
    let sizes = types.sizes(layout.name);
    if sizes.is_empty() {
        return vec!["the kernel has no such structure".to_owned()];
    }
    let mut found = Vec::new();
    if let Some(expected) = layout.size {
        for size in sizes.iter().filter(|&&size| size != expected as u64) {
            found.push(format!("has {size} bytes, expected {expected}"));
        }
    }
    for member in layout.members {
        let expected = Place {
            offset: member.offset as u64,
            size: member.size as u64,
        };
        for place in types.places(layout.name, member.path) {
            if place != Some(expected) {
                found.push(difference(member.path, place, expected));
            }
        }
    }
    found
}

fn difference(path: &str, place: Option<Place>, expected: Place) -> String {
    let wanted = format!("expected {} bytes at {}", expected.size, expected.offset);
    match place {
        Some(Place { offset, size }) => format!("{path} has {size} bytes at {offset}, {wanted}"),
        None => format!("{path} is missing, {wanted}"),
    }
}
