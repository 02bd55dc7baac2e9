//! What a generated program does to a variable, by the type of the variable.

use super::types::{Ty, Values};

/// Statements that use a variable and leave it its value.
pub fn in_place(values: &mut Values<'_>, name: &str, ty: &Ty) -> String {
    let made = values.make(ty);
    match values.random.below(7) {
        0 => return format!("{name} = {made};"),
        1 => return format!("drop(replace(&mut {name}, {made}));"),
        2 => {
            return format!(
                "{{ let mut other = {made}; swap(&mut {name}, &mut other); touch(&other); }}"
            );
        }
        3 => return format!("touch(&{name});"),
        _ => {}
    }
    match ty {
        Ty::Opt(of) => optional(values, name, of),
        Ty::Vec(of) => vector(values, name, of),
        Ty::Deque(of) => deque(values, name, of),
        Ty::Hash(of) | Ty::Tree(of) => map(values, name, of),
        Ty::Rc(of) => counted(values, name, of, "Rc"),
        Ty::Arc(of) => counted(values, name, of, "Arc"),
        Ty::Cell(of) => {
            let new = values.make(of);
            match values.random.below(3) {
                0 => format!("*{name}.borrow_mut() = {new};"),
                1 => format!("drop({name}.replace({new}));"),
                _ => format!("{name}.replace({new});"),
            }
        }
        Ty::Boxed(of) => format!("*{name} = {};", values.make(of)),
        Ty::Pair(_, of) => format!("{name}.1 = {};", values.make(of)),
        Ty::Array(of) => format!("{name}[{}] = {};", values.random.below(2), values.make(of)),
        Ty::Both => format!("{name}.c = C::new({});", values.id()),
        Ty::Shape => {
            format!("if let Shape::Left(a) = &mut {name} {{ *a = A::new({}); }}", values.id())
        }
        Ty::Res(of, _) => {
            format!("if let Ok(inner) = &mut {name} {{ *inner = {}; }}", values.make(of))
        }
        Ty::Leaf(_) | Ty::Dyn => format!("{name} = pass({made});"),
    }
}

fn optional(values: &mut Values<'_>, name: &str, of: &Ty) -> String {
    let new = values.make(of);
    match values.random.below(8) {
        0 => format!("{name}.take();"),
        1 => format!("if let Some(inner) = {name}.take() {{ touch(&inner); }}"),
        2 => format!("{name}.insert({new});"),
        3 => format!("drop({name}.replace({new}));"),
        4 => format!("touch({name}.get_or_insert_with(|| {new}));"),
        5 => format!("drop({name}.take().map(|inner| (inner, {new})));"),
        6 => format!("drop({name}.take().unwrap_or({new}));"),
        _ => format!("drop({name}.take_if(|inner| black_box(true)));"),
    }
}

fn vector(values: &mut Values<'_>, name: &str, of: &Ty) -> String {
    let new = values.make(of);
    match values.random.below(16) {
        0 | 1 => format!("{name}.push({new});"),
        2 => format!("{name}.pop();"),
        3 => format!("{name}.truncate({});", values.random.below(3)),
        4 => format!("{name}.clear();"),
        5 => format!("{name}.insert(0, {new});"),
        6 => format!("for one in {name}.drain(..) {{ touch(&one); }}"),
        7 => format!("{{ let mut n = 0; {name}.retain(|_| {{ n += 1; n % 2 == 0 }}); }}"),
        8 if of.is_leaf() => format!("{name}.sort_by_key(|one| std::cmp::Reverse(one.id()));"),
        9 => format!("if !{name}.is_empty() {{ drop({name}.swap_remove(0)); }}"),
        10 => format!("if !{name}.is_empty() {{ {name}[0] = {new}; }}"),
        11 => format!("while let Some(one) = {name}.pop() {{ touch(&one); }}"),
        12 => format!("{name}.extend([{new}]);"),
        13 => format!("drop({name}.split_off({name}.len() / 2));"),
        14 => format!("drop(std::mem::take(&mut {name}));"),
        _ => format!("if !{name}.is_empty() {{ drop({name}.remove(0)); }}"),
    }
}

fn deque(values: &mut Values<'_>, name: &str, of: &Ty) -> String {
    let new = values.make(of);
    match values.random.below(6) {
        0 => format!("{name}.push_front({new});"),
        1 => format!("{name}.push_back({new});"),
        2 => format!("{name}.pop_front();"),
        3 => format!("drop({name}.pop_back());"),
        4 => format!("{name}.truncate(1);"),
        _ => format!("{name}.clear();"),
    }
}

fn map(values: &mut Values<'_>, name: &str, of: &Ty) -> String {
    let new = values.make(of);
    let key = values.random.below(5);
    match values.random.below(6) {
        0 | 1 => format!("{name}.insert({key}, {new});"),
        2 => format!("{name}.remove(&{key});"),
        3 => format!("touch({name}.entry({key}).or_insert_with(|| {new}));"),
        4 => format!("{name}.retain(|key, _| key % 2 == 0);"),
        _ => format!("{name}.clear();"),
    }
}

fn counted(values: &mut Values<'_>, name: &str, of: &Ty, kind: &str) -> String {
    match values.random.below(4) {
        0 => format!("drop({kind}::clone(&{name}));"),
        1 => format!("{{ let second = {kind}::clone(&{name}); touch(&second); }}"),
        2 => {
            let new = values.make(of);
            format!("if let Some(inner) = {kind}::get_mut(&mut {name}) {{ *inner = {new}; }}")
        }
        _ => format!("{{ let weak = {kind}::downgrade(&{name}); touch(&weak.upgrade()); }}"),
    }
}

/// Statements that take the value of a variable.
pub fn consuming(values: &mut Values<'_>, name: &str, ty: &Ty) -> Vec<String> {
    let one = |text: String| vec![text];
    match values.random.below(14) {
        0 => return one(format!("drop({name});")),
        1 => return one(format!("take({name});")),
        2 => return one(format!("forget({name});")),
        3 => return one(format!("let kept = ManuallyDrop::new({name});")),
        4 => return one(format!("once(move || touch(&{name}));")),
        5 => return one(format!("once(move || drop({name}));")),
        6 => {
            let leaf = values.leaf();
            return one(format!("take_two({}, {name});", values.make(&leaf)));
        }
        7 if ty.is_send() => {
            return one(format!("std::thread::spawn(move || touch(&{name})).join().unwrap();"));
        }
        8 => return one(format!("let _ = pass({name});")),
        9 => return one(format!("wrap({name});")),
        _ => {}
    }
    let lines: Vec<String> = match ty {
        Ty::Opt(_) => vec![
            format!("match {name} {{"),
            format!("    Some(inner) if black_box({}) => touch(&inner),", values.random.once_in(2)),
            "    Some(_) => touch(&1),".to_owned(),
            "    None => touch(&2),".to_owned(),
            "}".to_owned(),
        ],
        Ty::Vec(_) | Ty::Deque(_) | Ty::Hash(_) | Ty::Tree(_) => sequence(values, name),
        Ty::Pair(..) => one(match values.random.below(3) {
            0 => format!("let (first, _) = {name};"),
            1 => format!("let (_, second) = {name}; touch(&second);"),
            _ => format!("take({name}.0); touch(&{name}.1);"),
        }),
        Ty::Array(_) => one(match values.random.below(2) {
            0 => format!("let [first, _] = {name};"),
            _ => format!("for one in {name} {{ touch(&one); }}"),
        }),
        Ty::Both => one(match values.random.below(3) {
            0 => format!("let Both {{ a, .. }} = {name};"),
            1 => format!("take({name}.c); touch(&{name}.a);"),
            _ => format!("drop({name}.a); {name}.a = A::new({}); touch(&{name});", values.id()),
        }),
        Ty::Shape => vec![
            format!("match {name} {{"),
            "    Shape::Left(a) => take(a),".to_owned(),
            "    Shape::Right { b, .. } => touch(&b),".to_owned(),
            "    Shape::Wrapped(boxed) => { let c = *boxed; touch(&c); }".to_owned(),
            "    Shape::Nothing => {}".to_owned(),
            "}".to_owned(),
        ],
        Ty::Boxed(_) => one(format!("let inner = *{name}; touch(&inner);")),
        Ty::Rc(_) => one(format!("drop(Rc::try_unwrap({name}));")),
        Ty::Arc(_) => one(format!("drop(Arc::into_inner({name}));")),
        Ty::Cell(_) => one(format!("take({name}.into_inner());")),
        Ty::Res(..) => one(match values.random.below(3) {
            0 => format!("drop({name}.ok());"),
            1 if values.may_return => {
                format!("let Ok(inner) = {name} else {{ return Ok(C::new({})) }};", values.id())
            }
            _ => format!("if let Err(wrong) = {name} {{ touch(&wrong); }}"),
        }),
        Ty::Leaf(_) | Ty::Dyn => one(match values.random.below(3) {
            0 => format!("let boxed: Box<dyn Says> = Box::new({name}); take(boxed);"),
            1 => format!("touch(&wrap({name}));"),
            _ => format!("touch(&{name}.id()); drop((1, {name}));"),
        }),
    };
    lines
}

fn sequence(values: &mut Values<'_>, name: &str) -> Vec<String> {
    let text = match values.random.below(5) {
        0 => format!("for one in {name} {{ touch(&one); }}"),
        1 => format!("for one in {name} {{ touch(&one); if black_box(true) {{ break; }} }}"),
        2 => format!("touch(&{name}.into_iter().map(pass).collect::<Vec<_>>());"),
        3 => format!("drop({name}.into_iter().skip(1).next());"),
        _ => format!("let mut all = {name}.into_iter(); touch(&all.next()); drop(all);"),
    };
    vec![text]
}
