//! Comparing what an expression is worth with values of Rust.

use std::fmt;
use std::ops::Deref;

use crate::session::Answered;
use crate::value::Value;

/// An answer is its value, with a text.
impl Deref for Answered {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.value
    }
}

/// The value in lines, as `print` shows it.
impl fmt::Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.pretty.to_string().trim_end())
    }
}

/// The type and the value: what a person wants to see of a comparison that fails.
impl fmt::Debug for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {self}", self.type_name)
    }
}

macro_rules! integers {
    ($($integer:ty)*) => {
        $(impl PartialEq<$integer> for Answered {
            fn eq(&self, other: &$integer) -> bool {
                i128::try_from(*other).is_ok_and(|other| self.as_i128() == Some(other))
            }
        })*
    };
}

integers!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 usize);

impl PartialEq<bool> for Answered {
    fn eq(&self, other: &bool) -> bool {
        self.as_bool() == Some(*other)
    }
}

impl PartialEq<char> for Answered {
    fn eq(&self, other: &char) -> bool {
        self.as_char() == Some(*other)
    }
}

impl PartialEq<f64> for Answered {
    fn eq(&self, other: &f64) -> bool {
        self.as_f64() == Some(*other)
    }
}

impl PartialEq<str> for Answered {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<&str> for Answered {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == Some(*other)
    }
}
