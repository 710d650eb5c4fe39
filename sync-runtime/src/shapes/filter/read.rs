//! Text to a condition.

use std::collections::BTreeMap;

use sqlparser::{
    ast::{
        BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident,
        UnaryOperator, Value,
    },
    dialect::PostgreSqlDialect,
    parser::Parser,
    tokenizer::Token,
};

use super::{
    Comparison, Condition, Known, Term,
    value::{Number, Scalar},
};
use crate::sql::Kind;

type Read<T> = Result<T, String>;

/// How deep the parser may go. It takes some 100 KB of stack for each level where it is not optimised.
const MAX_DEPTH: usize = 12;

/// Reads a condition.
pub(super) fn condition(
    text: &str,
    params: &BTreeMap<u32, String>,
    columns: &[Known<'_>],
) -> Read<Condition> {
    let dialect = PostgreSqlDialect {};
    let mut parser = Parser::new(&dialect)
        .with_recursion_limit(MAX_DEPTH)
        .try_with_sql(text)
        .map_err(|error| format!("At location 0: {error}"))?;
    let expression = parser.parse_expr().map_err(|error| error.to_string())?;
    if parser.peek_token().token != Token::EOF {
        return Err(format!("unexpected {}", parser.peek_token().token));
    }
    Reader { params, columns }.condition(&expression)
}

/// What a term's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ty {
    Bool,
    Number,
    Text,
    /// Of what it is compared with: a text that was written down, a parameter, or null.
    Open,
    Opaque,
}

struct Reader<'a> {
    params: &'a BTreeMap<u32, String>,
    columns: &'a [Known<'a>],
}

impl Reader<'_> {
    fn condition(&self, expression: &Expr) -> Read<Condition> {
        let not = |negated: bool, inner: Condition| match negated {
            true => Condition::Not(Box::new(inner)),
            false => inner,
        };
        let is = |inner: &Expr, wanted: Option<bool>, negated: bool| {
            let inner = Condition::Is(Box::new(self.condition(inner)?), wanted);
            Ok(not(negated, inner))
        };
        match expression {
            Expr::Nested(inner) => self.condition(inner),
            Expr::BinaryOp {
                op: BinaryOperator::And,
                ..
            } => Ok(Condition::All(
                self.chain(expression, &BinaryOperator::And)?,
            )),
            Expr::BinaryOp {
                op: BinaryOperator::Or,
                ..
            } => Ok(Condition::Any(self.chain(expression, &BinaryOperator::Or)?)),
            Expr::BinaryOp { left, op, right } if comparison(op).is_some() => {
                let how = comparison(op).unwrap_or(Comparison::Equal);
                let (left, right) = self.pair(left, right)?;
                Ok(Condition::Compare(left, how, right))
            }
            Expr::UnaryOp {
                op: UnaryOperator::Not,
                expr,
            } => Ok(not(true, self.condition(expr)?)),
            Expr::IsNull(inner) => Ok(Condition::IsNull(self.term(inner)?.0)),
            Expr::IsNotNull(inner) => Ok(not(true, Condition::IsNull(self.term(inner)?.0))),
            Expr::IsTrue(inner) => is(inner, Some(true), false),
            Expr::IsNotTrue(inner) => is(inner, Some(true), true),
            Expr::IsFalse(inner) => is(inner, Some(false), false),
            Expr::IsNotFalse(inner) => is(inner, Some(false), true),
            Expr::IsUnknown(inner) => is(inner, None, false),
            Expr::IsNotUnknown(inner) => is(inner, None, true),
            Expr::IsDistinctFrom(left, right) => {
                let (left, right) = self.pair(left, right)?;
                Ok(not(true, Condition::Same(left, right)))
            }
            Expr::IsNotDistinctFrom(left, right) => {
                let (left, right) = self.pair(left, right)?;
                Ok(Condition::Same(left, right))
            }
            Expr::InList {
                expr,
                list,
                negated,
            } => Ok(not(*negated, self.among(expr, list)?)),
            Expr::Between {
                expr,
                negated,
                low,
                high,
            } => {
                let (from, low) = self.pair(expr, low)?;
                let (to, high) = self.pair(expr, high)?;
                let inner = Condition::All(vec![
                    Condition::Compare(from, Comparison::GreaterOrEqual, low),
                    Condition::Compare(to, Comparison::LessOrEqual, high),
                ]);
                Ok(not(*negated, inner))
            }
            Expr::Like {
                negated,
                any: false,
                expr,
                pattern,
                escape_char: None,
            } => Ok(not(*negated, self.like(expr, pattern, false)?)),
            Expr::ILike {
                negated,
                any: false,
                expr,
                pattern,
                escape_char: None,
            } => Ok(not(*negated, self.like(expr, pattern, true)?)),
            Expr::AnyOp {
                left,
                compare_op: BinaryOperator::Eq,
                right,
                ..
            } => self.any_of(left, right),
            _ => self.flag(expression),
        }
    }

    /// `a AND b AND c`, however long it is.
    fn chain(&self, expression: &Expr, wanted: &BinaryOperator) -> Read<Vec<Condition>> {
        let (mut parts, mut rest) = (Vec::new(), expression);
        while let Expr::BinaryOp { left, op, right } = rest
            && op == wanted
        {
            parts.push(self.condition(right)?);
            rest = left;
        }
        parts.push(self.condition(rest)?);
        parts.reverse();
        Ok(parts)
    }

    /// A term that is true or false by itself.
    fn flag(&self, expression: &Expr) -> Read<Condition> {
        let (term, ty) = self.term(expression)?;
        match (cast(term, ty, Ty::Bool)?, ty) {
            (Term::Given(Scalar::Bool(flag)), _) => Ok(Condition::Always(Some(flag))),
            (Term::Given(Scalar::Null), _) => Ok(Condition::Always(None)),
            (term, Ty::Bool) => Ok(Condition::Term(term)),
            _ => Err(format!("{expression} is neither true nor false")),
        }
    }

    /// Two terms that can be compared.
    fn pair(&self, left: &Expr, right: &Expr) -> Read<(Term, Term)> {
        let ((left, one), (right, other)) = (self.term(left)?, self.term(right)?);
        let ty = match (one, other) {
            (Ty::Opaque, _) | (_, Ty::Opaque) => {
                return Err("JSON is not compared, only IS NULL".to_owned());
            }
            (Ty::Open, Ty::Open) => Ty::Text,
            (Ty::Open, ty) | (ty, Ty::Open) => ty,
            (one, other) if one == other => one,
            (one, other) => return Err(format!("{one:?} is not compared with {other:?}")),
        };
        Ok((cast(left, one, ty)?, cast(right, other, ty)?))
    }

    fn among(&self, expression: &Expr, list: &[Expr]) -> Read<Condition> {
        let (mut term, mut values) = (None, Vec::new());
        for value in list {
            let (one, value) = self.pair(expression, value)?;
            term = Some(one);
            values.push(value);
        }
        let term = term.ok_or_else(|| "IN () has no values".to_owned())?;
        Ok(Condition::Among(term, values))
    }

    /// `column = ANY($1)`, where the parameter is an array as PostgreSQL writes it.
    fn any_of(&self, left: &Expr, right: &Expr) -> Read<Condition> {
        let mut right = right;
        while let Expr::Nested(inner) | Expr::Cast { expr: inner, .. } = right {
            right = inner;
        }
        let (term, ty) = self.term(left)?;
        let Term::Given(Scalar::Text(array)) = self.term(right)?.0 else {
            return Err("ANY takes a parameter that is an array, as in = ANY($1)".to_owned());
        };
        let values = array_of(&array).ok_or_else(|| format!("malformed array literal: {array}"))?;
        let wanted = if ty == Ty::Open { Ty::Text } else { ty };
        let values = values.into_iter().map(|value| match value {
            Some(text) => cast(Term::Given(Scalar::Text(text)), Ty::Open, wanted),
            None => Ok(Term::Given(Scalar::Null)),
        });
        Ok(Condition::Among(term, values.collect::<Read<_>>()?))
    }

    fn like(&self, expression: &Expr, pattern: &Expr, any_case: bool) -> Read<Condition> {
        let ((term, one), (pattern, other)) = (self.term(expression)?, self.term(pattern)?);
        let is_text = |ty| matches!(ty, Ty::Text | Ty::Open);
        if !is_text(one) || !is_text(other) {
            return Err("LIKE takes text".to_owned());
        }
        Ok(Condition::Like {
            term,
            pattern,
            any_case,
        })
    }

    fn term(&self, expression: &Expr) -> Read<(Term, Ty)> {
        match expression {
            Expr::Nested(inner) => self.term(inner),
            Expr::Identifier(name) => self.column(name),
            Expr::Value(value) => self.given(&value.value),
            Expr::UnaryOp {
                op: UnaryOperator::Minus,
                expr,
            } => match self.term(expr)? {
                (Term::Given(Scalar::Number(number)), ty) => {
                    let number = match number {
                        Number::Exact(exact) => Number::Exact(-exact),
                        Number::Near(near) => Number::Near(-near),
                    };
                    Ok((Term::Given(Scalar::Number(number)), ty))
                }
                _ => Err(unsupported(expression)),
            },
            Expr::BinaryOp {
                op: BinaryOperator::StringConcat,
                ..
            } => {
                let (mut parts, mut rest) = (Vec::new(), expression);
                while let Expr::BinaryOp {
                    left,
                    op: BinaryOperator::StringConcat,
                    right,
                } = rest
                {
                    parts.push(self.term(right)?.0);
                    rest = left;
                }
                parts.push(self.term(rest)?.0);
                parts.reverse();
                Ok((Term::Joined(parts), Ty::Text))
            }
            Expr::Cast {
                expr, data_type, ..
            } => {
                let (term, ty) = self.term(expr)?;
                let name = data_type.to_string().to_lowercase();
                let wanted = type_named(name.split('(').next().unwrap_or(&name))
                    .ok_or_else(|| unsupported(expression))?;
                Ok((cast(term, ty, wanted)?, wanted))
            }
            Expr::Function(function) => self.function(function),
            _ => Err(unsupported(expression)),
        }
    }

    fn column(&self, name: &Ident) -> Read<(Term, Ty)> {
        let wanted = match name.quote_style {
            Some(_) => name.value.clone(),
            None => name.value.to_lowercase(),
        };
        let column = self.columns.iter().find(|it| it.name == wanted);
        let column = column.ok_or_else(|| format!("unknown reference {wanted}"))?;
        let ty = match column.kind {
            Kind::Bool => Ty::Bool,
            Kind::Int | Kind::Wide | Kind::Float | Kind::Decimal => Ty::Number,
            Kind::Text => Ty::Text,
            Kind::Json => Ty::Opaque,
        };
        Ok((Term::Column(wanted, column.kind), ty))
    }

    fn given(&self, value: &Value) -> Read<(Term, Ty)> {
        let (scalar, ty) = match value {
            Value::Null => (Scalar::Null, Ty::Open),
            Value::Boolean(flag) => (Scalar::Bool(*flag), Ty::Bool),
            Value::SingleQuotedString(text) => (Scalar::Text(text.clone()), Ty::Open),
            Value::Number(digits, _) => {
                let number = Number::read(digits);
                let number = number.ok_or_else(|| format!("{digits} is no number"))?;
                (Scalar::Number(number), Ty::Number)
            }
            Value::Placeholder(name) => {
                let at = name.strip_prefix('$').and_then(|at| at.parse::<u32>().ok());
                let given = at.and_then(|at| self.params.get(&at));
                let given = given.ok_or_else(|| format!("parameter {name} was not provided"))?;
                (Scalar::Text(given.clone()), Ty::Open)
            }
            other => return Err(format!("{other} is not supported")),
        };
        Ok((Term::Given(scalar), ty))
    }

    fn function(&self, function: &Function) -> Read<(Term, Ty)> {
        let refuse = || format!("{function} is not supported");
        let FunctionArguments::List(list) = &function.args else {
            return Err(refuse());
        };
        let plain = function.over.is_none() && function.filter.is_none();
        if !plain || !list.clauses.is_empty() || list.duplicate_treatment.is_some() {
            return Err(refuse());
        }
        let arguments = list.args.iter().map(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(inner)) => self.term(inner),
            _ => Err(refuse()),
        });
        let arguments: Vec<(Term, Ty)> = arguments.collect::<Read<_>>()?;
        let of_one = |make: fn(Box<Term>) -> Term, ty| match &arguments[..] {
            [(term, Ty::Text | Ty::Open)] => Ok((make(Box::new(term.clone())), ty)),
            _ => Err(format!("{function} takes one text")),
        };
        match &*function.name.to_string().to_lowercase() {
            "upper" => of_one(Term::Upper, Ty::Text),
            "lower" => of_one(Term::Lower, Ty::Text),
            "length" | "char_length" => of_one(Term::Length, Ty::Number),
            "concat" => {
                let parts = arguments.into_iter().map(|(term, _)| term);
                Ok((Term::Concat(parts.collect()), Ty::Text))
            }
            "coalesce" => {
                let typed = arguments
                    .iter()
                    .map(|(_, ty)| *ty)
                    .find(|ty| *ty != Ty::Open);
                let ty = typed.unwrap_or(Ty::Text);
                let parts = arguments.into_iter().map(|(term, one)| cast(term, one, ty));
                Ok((Term::Coalesce(parts.collect::<Read<_>>()?), ty))
            }
            _ => Err(refuse()),
        }
    }
}

fn comparison(op: &BinaryOperator) -> Option<Comparison> {
    Some(match op {
        BinaryOperator::Eq => Comparison::Equal,
        BinaryOperator::NotEq => Comparison::Unequal,
        BinaryOperator::Lt => Comparison::Less,
        BinaryOperator::LtEq => Comparison::LessOrEqual,
        BinaryOperator::Gt => Comparison::Greater,
        BinaryOperator::GtEq => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

/// What a cast makes of a value; dates and ids are the text that the wire has.
fn type_named(name: &str) -> Option<Ty> {
    Some(match name {
        "text"
        | "varchar"
        | "character varying"
        | "char"
        | "uuid"
        | "date"
        | "time"
        | "timestamp"
        | "timestamptz"
        | "timestamp with time zone" => Ty::Text,
        "int" | "integer" | "smallint" | "bigint" | "int2" | "int4" | "int8" | "numeric"
        | "decimal" | "real" | "float4" | "float8" | "double precision" => Ty::Number,
        "bool" | "boolean" => Ty::Bool,
        _ => return None,
    })
}

/// A term as one of another type: what was written down as text is read, and other terms are what they are.
fn cast(term: Term, ty: Ty, wanted: Ty) -> Read<Term> {
    if ty == wanted || matches!(term, Term::Given(Scalar::Null)) {
        return Ok(term);
    }
    let (Term::Given(Scalar::Text(text)), Ty::Open) = (&term, ty) else {
        return match (ty, wanted) {
            (Ty::Open, Ty::Text) => Ok(term),
            _ => Err(format!("{ty:?} is not {wanted:?}")),
        };
    };
    let scalar = match wanted {
        Ty::Text | Ty::Open => return Ok(term),
        Ty::Number => Number::read(text).map(Scalar::Number),
        Ty::Bool => match &*text.trim().to_lowercase() {
            "t" | "true" | "yes" | "on" | "1" => Some(Scalar::Bool(true)),
            "f" | "false" | "no" | "off" | "0" => Some(Scalar::Bool(false)),
            _ => None,
        },
        Ty::Opaque => None,
    };
    let scalar = scalar.ok_or_else(|| format!("invalid syntax for type {wanted:?}: {text}"))?;
    Ok(Term::Given(scalar))
}

fn unsupported(expression: &Expr) -> String {
    format!("{expression} is not supported in the condition of a shape")
}

/// The items of an array as PostgreSQL writes it; `None` in it is null.
fn array_of(text: &str) -> Option<Vec<Option<String>>> {
    let inner = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    let mut items = Vec::new();
    let mut chars = inner.chars().peekable();
    if inner.trim().is_empty() {
        return Some(items);
    }
    loop {
        while chars.next_if(|it| it.is_whitespace()).is_some() {}
        let mut item = String::new();
        if chars.next_if_eq(&'"').is_some() {
            loop {
                match chars.next()? {
                    '"' => break,
                    '\\' => item.push(chars.next()?),
                    other => item.push(other),
                }
            }
            while chars.next_if(|it| it.is_whitespace()).is_some() {}
            items.push(Some(item));
        } else {
            while let Some(next) = chars.next_if(|it| *it != ',') {
                match next {
                    '{' | '}' | '"' => return None,
                    '\\' => item.push(chars.next()?),
                    other => item.push(other),
                }
            }
            let item = item.trim();
            if item.is_empty() {
                return None;
            }
            items.push((!item.eq_ignore_ascii_case("null")).then(|| item.to_owned()));
        }
        match chars.next() {
            None => return Some(items),
            Some(',') => {}
            Some(_) => return None,
        }
    }
}
