//! SQLCipher's crypto provider interface, in C's terms, over [`crate::cipher`].
//!
//! SQLCipher is compiled with `SQLCIPHER_CRYPTO_CUSTOM=cmr_sqlcipher_setup`, so that it asks this module for its
//! provider when it starts. It keeps keys masked in a heap of its own, locked and wiped, and unmasks one for the length
//! of a call; a call leaves nothing of it behind: contexts wipe themselves, and the stack below is wiped as well.

use std::ffi::{CStr, c_char, c_int, c_uchar, c_void};
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::{ptr, slice};

use rusqlite::ffi::{SQLITE_ERROR, SQLITE_OK};
use zeroize::optimization_barrier;

use crate::cipher::{self, BLOCK, Hash, KEY, Refused};

/// `PRAGMA cipher_provider`.
const NAME: &CStr = c"rustcrypto";
/// `PRAGMA cipher_provider_version`: the crates whose code decides what is in a file.
const VERSION: &CStr = c"aes 0.9, cbc 0.2, hmac 0.13, pbkdf2 0.13, sha2 0.11";
/// `PRAGMA cipher`, by OpenSSL's name for it, as every provider says it.
const CIPHER: &CStr = c"AES-256-CBC";

/// Bytes of stack that are wiped after each call; a test measures how many a call uses.
const STACK: usize = 16 * 1024;

/// `sqlcipher_provider` in SQLCipher's `sqlcipher.h`; a test compares the members' names and order with it.
#[repr(C)]
struct Provider {
    init: Option<extern "C" fn() -> c_int>,
    shutdown: Option<extern "C" fn()>,
    get_provider_name: extern "C" fn(Context) -> *const c_char,
    add_random: extern "C" fn(Context, *const c_void, c_int) -> c_int,
    random: unsafe extern "C" fn(Context, *mut c_void, c_int) -> c_int,
    hmac: HmacCall,
    kdf: KdfCall,
    cipher: CipherCall,
    get_cipher: extern "C" fn(Context) -> *const c_char,
    get_key_sz: extern "C" fn(Context) -> c_int,
    get_iv_sz: extern "C" fn(Context) -> c_int,
    get_block_sz: extern "C" fn(Context) -> c_int,
    get_hmac_sz: extern "C" fn(Context, c_int) -> c_int,
    ctx_init: extern "C" fn(*mut Context) -> c_int,
    ctx_free: extern "C" fn(*mut Context) -> c_int,
    fips_status: extern "C" fn(Context) -> c_int,
    get_provider_version: extern "C" fn(Context) -> *const c_char,
    next: *mut Provider,
}

/// What a provider may keep for a connection; this one keeps nothing.
type Context = *mut c_void;
type Bytes = *const c_uchar;
type Out = *mut c_uchar;
type HmacCall = unsafe extern "C" fn(Context, c_int, Bytes, c_int, Bytes, c_int, Bytes, c_int, Out) -> c_int;
type KdfCall = unsafe extern "C" fn(Context, c_int, Bytes, c_int, Bytes, c_int, c_int, c_int, Out) -> c_int;
type CipherCall = unsafe extern "C" fn(Context, c_int, Bytes, c_int, Bytes, Bytes, c_int, Out) -> c_int;

const PROVIDER: Provider = Provider {
    init: None,
    shutdown: None,
    get_provider_name,
    add_random,
    random,
    hmac,
    kdf,
    cipher,
    get_cipher,
    get_key_sz,
    get_iv_sz,
    get_block_sz,
    get_hmac_sz,
    ctx_init,
    ctx_free,
    fips_status,
    get_provider_version,
    next: ptr::null_mut(),
};

/// SQLCipher calls this once, when it starts, with room for the provider.
#[unsafe(no_mangle)]
unsafe extern "C" fn cmr_sqlcipher_setup(provider: *mut Provider) -> c_int {
    if provider.is_null() {
        return SQLITE_ERROR;
    }
    // SAFETY: SQLCipher passes memory that it allocated for a `sqlcipher_provider`, and `Provider` has its layout.
    unsafe { provider.write(PROVIDER) };
    SQLITE_OK
}

/// Runs one call, turns a refusal and a panic into SQLite's error, and wipes what the call left on the stack.
///
/// `call` gets a stack frame of its own, below this function's: what it leaves lies where the wipe reaches.
fn guarded(call: impl FnOnce() -> Result<(), Refused>) -> c_int {
    let code = apart(call);
    wipe_stack();
    code
}

/// Row by row, short enough for the C library to write vectors: a longer stretch it leaves to an instruction that works
/// byte by byte, as instructions are counted.
#[inline(never)]
fn wipe_stack() {
    const ROW: usize = 1024;
    let mut stack = [[const { MaybeUninit::<u8>::uninit() }; ROW]; STACK / ROW];
    for row in &mut stack {
        row.fill(MaybeUninit::new(0));
        optimization_barrier(row);
    }
}

#[inline(never)]
fn apart(call: impl FnOnce() -> Result<(), Refused>) -> c_int {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(())) => SQLITE_OK,
        _ => SQLITE_ERROR,
    }
}

/// A C caller's bytes, of which there may be none.
///
/// # Safety
/// If `start` is not null and `len` is positive, `len` bytes can be read from `start` and do not change during `'a`.
unsafe fn bytes<'a>(start: Bytes, len: c_int) -> Result<&'a [u8], Refused> {
    match usize::try_from(len) {
        Err(_) => Err(Refused),
        Ok(0) => Ok(&[]),
        Ok(_) if start.is_null() => Err(Refused),
        // SAFETY: as promised by the caller.
        Ok(len) => Ok(unsafe { slice::from_raw_parts(start, len) }),
    }
}

/// A C caller's buffer, which may be uninitialised.
///
/// # Safety
/// If `start` is not null and `len` is positive, `len` bytes can be written from `start` on, and nothing else reads or
/// writes them during `'a`.
unsafe fn buffer<'a>(start: Out, len: c_int) -> Result<&'a mut [MaybeUninit<u8>], Refused> {
    match usize::try_from(len) {
        Ok(len) if len > 0 && !start.is_null() => {
            // SAFETY: as promised by the caller; `MaybeUninit<u8>` asks for no initialised bytes.
            Ok(unsafe { slice::from_raw_parts_mut(start.cast(), len) })
        }
        _ => Err(Refused),
    }
}

unsafe extern "C" fn cipher(
    _: Context,
    mode: c_int,
    key: Bytes,
    key_len: c_int,
    iv: Bytes,
    input: Bytes,
    len: c_int,
    out: Out,
) -> c_int {
    guarded(|| {
        // SAFETY: SQLCipher passes a key of `get_key_sz` bytes and a vector of `get_iv_sz`, neither in `out`.
        let (key, iv) = unsafe { (bytes(key, key_len)?, bytes(iv, BLOCK as c_int)?) };
        let len = usize::try_from(len).map_err(|_| Refused)?;
        if input.is_null() || out.is_null() {
            return Err(Refused);
        }
        // SAFETY: both are `len` bytes long. They may be the same: `copy` allows for it, and the input is not looked at
        // after it. After the copy `out` is initialised, and nobody else uses it during the call.
        let data = unsafe {
            ptr::copy(input, out, len);
            slice::from_raw_parts_mut(out, len)
        };
        match mode {
            0 => cipher::decrypt(key, iv, data),
            1 => cipher::encrypt(key, iv, data),
            _ => Err(Refused),
        }
    })
}

unsafe extern "C" fn hmac(
    _: Context,
    algorithm: c_int,
    key: Bytes,
    key_len: c_int,
    first: Bytes,
    first_len: c_int,
    second: Bytes,
    second_len: c_int,
    out: Out,
) -> c_int {
    guarded(|| {
        let hash = Hash::from_number(algorithm).ok_or(Refused)?;
        let second_len = if second.is_null() { 0 } else { second_len };
        // SAFETY: SQLCipher passes pointers with their lengths.
        let (key, parts) = unsafe { (bytes(key, key_len)?, [bytes(first, first_len)?, bytes(second, second_len)?]) };
        let mut code = [0; 64];
        let code = &mut code[..hash.size()];
        cipher::hmac(hash, key, parts, code)?;
        // SAFETY: `out` has `get_hmac_sz` bytes. It stands beside the input in one page: the slices are not used again.
        unsafe { put(code, out) }
    })
}

unsafe extern "C" fn kdf(
    _: Context,
    algorithm: c_int,
    password: Bytes,
    password_len: c_int,
    salt: Bytes,
    salt_len: c_int,
    rounds: c_int,
    len: c_int,
    out: Out,
) -> c_int {
    guarded(|| {
        let hash = Hash::from_number(algorithm).ok_or(Refused)?;
        // SAFETY: SQLCipher passes pointers with their lengths, and an output that is none of the inputs.
        let (password, salt, out) =
            unsafe { (bytes(password, password_len)?, bytes(salt, salt_len)?, buffer(out, len)?) };
        out.fill(MaybeUninit::new(0));
        // SAFETY: the line above initialised every byte.
        let out = unsafe { slice::from_raw_parts_mut(out.as_mut_ptr().cast(), out.len()) };
        cipher::pbkdf2(hash, password, salt, rounds, out)
    })
}

/// # Safety
/// If `out` is not null, `from.len()` bytes can be written there.
unsafe fn put(from: &[u8], out: Out) -> Result<(), Refused> {
    if out.is_null() {
        return Err(Refused);
    }
    // SAFETY: as promised by the caller; `from` is a local buffer, so that the two do not overlap.
    unsafe { ptr::copy_nonoverlapping(from.as_ptr(), out, from.len()) };
    Ok(())
}

unsafe extern "C" fn random(_: Context, out: *mut c_void, len: c_int) -> c_int {
    guarded(|| {
        // SAFETY: SQLCipher passes a buffer of `len` bytes.
        let out = unsafe { buffer(out.cast(), len) }?;
        getrandom::fill_uninit(out).map(|_| ()).map_err(|_| Refused)
    })
}

/// The system's generator needs no help.
extern "C" fn add_random(_: Context, _: *const c_void, _: c_int) -> c_int {
    SQLITE_OK
}

extern "C" fn get_provider_name(_: Context) -> *const c_char {
    NAME.as_ptr()
}

extern "C" fn get_provider_version(_: Context) -> *const c_char {
    VERSION.as_ptr()
}

extern "C" fn get_cipher(_: Context) -> *const c_char {
    CIPHER.as_ptr()
}

extern "C" fn get_key_sz(_: Context) -> c_int {
    KEY as c_int
}

extern "C" fn get_iv_sz(_: Context) -> c_int {
    BLOCK as c_int
}

extern "C" fn get_block_sz(_: Context) -> c_int {
    BLOCK as c_int
}

extern "C" fn get_hmac_sz(_: Context, algorithm: c_int) -> c_int {
    Hash::from_number(algorithm).map_or(0, |hash| hash.size() as c_int)
}

extern "C" fn ctx_init(_: *mut Context) -> c_int {
    SQLITE_OK
}

extern "C" fn ctx_free(_: *mut Context) -> c_int {
    SQLITE_OK
}

/// Not a validated module.
extern "C" fn fips_status(_: Context) -> c_int {
    0
}

#[cfg(test)]
mod tests;
