// SPDX-License-Identifier: GPL-2.0

//! What a program of Debian's needs beside itself.

/// The files that `ldd` says a program needs, the loader included.
pub fn parse(ldd: &str) -> Vec<String> {
    ldd.lines()
        .filter_map(|line| {
            let found = line.split_once(" => ").map_or(line, |(_, found)| found);
            let path = found.split_whitespace().next()?;
            path.starts_with('/').then(|| path.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn libraries_and_the_loader_are_files_and_the_vdso_is_none() {
        let ldd = "\tlinux-vdso.so.1 (0x00007ffd)\n\
                   \tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f6f)\n\
                   \t/lib64/ld-linux-x86-64.so.2 (0x00007f70)\n";
        let expected = [
            "/lib/x86_64-linux-gnu/libc.so.6",
            "/lib64/ld-linux-x86-64.so.2",
        ];
        assert_eq!(parse(ldd), expected);
        assert!(parse("\tstatically linked\n").is_empty());
    }
}
