//! Functions of a trait's impl and of a type whose variables own blocks: their places have the names of
//! the types in them.

use std::hint::black_box;

mod rules {
    pub trait Rule {
        fn apply(&self, item: String) -> String;
    }
}

mod shop {
    pub struct Discount;
}

impl rules::Rule for shop::Discount {
    #[inline(never)]
    fn apply(&self, item: String) -> String {
        let mut kept = item; // #kept
        kept.push_str(" at half the price");
        let seen = black_box(&kept);
        println!("{seen}"); // #in-apply
        kept
    }
}

fn main() {
    use rules::Rule;
    let told = shop::Discount.apply(String::from("an apple"));
    println!("{}", told.len()); // #end
}
