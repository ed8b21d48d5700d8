// SPDX-License-Identifier: GPL-2.0

//! A set of small numbers.

/// A bit for each number up to the largest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    /// Takes in a number, if it is new.
    pub(crate) fn insert(&mut self, number: usize) {
        let (word, bit) = (number / 64, number % 64);

        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << bit;
    }

    /// Takes in those of another set, and says how many are new.
    pub(crate) fn extend(&mut self, other: &Self) -> usize {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        let words = self.0.iter_mut().zip(&other.0);
        let new = words.map(|(word, other)| {
            let new = other & !*word;
            *word |= new;
            new.count_ones() as usize
        });
        new.sum()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::Bits;

    fn bits(numbers: &[usize]) -> Bits {
        let mut bits = Bits::default();
        numbers.iter().for_each(|&number| bits.insert(number));
        bits
    }

    #[test]
    fn a_number_is_in_it_once() {
        assert_eq!(bits(&[0, 63, 64, 1000, 63]).len(), 4);
        assert_eq!(Bits::default().len(), 0);
    }

    #[test]
    fn what_is_new_is_counted_once() {
        let mut all = bits(&[3, 64]);
        assert_eq!(all.extend(&bits(&[3, 5, 700])), 2);
        assert_eq!(all.extend(&bits(&[3, 5, 64])), 0);
        assert_eq!(all, bits(&[3, 5, 64, 700]));
    }
}
