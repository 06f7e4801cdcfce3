//! Which column is the text and which the label: told by what columns hold and what they are called.

use crate::case::Case;
use crate::home::Home;
use std::fs;

/// A table of these lines below a header.
fn table(header: &str, lines: &[&str]) -> String {
    format!("{header}\n{}\n", lines.join("\n"))
}

#[test]
fn names_are_read_as_words() {
    for header in ["review text", "reviewText", "Review_Text", "REVIEW-TEXT", "reviews.text", "comment_text"]
    {
        Case::new("the last word of a name says what the column is")
            .file(
                "films.csv",
                table(
                    &format!("reviewer name,review date,{header},text id,airline_sentiment"),
                    &[
                        "Ann,2021-03-04,a fine film,t100,pos",
                        "Bo,2021-03-05,a dull film,t101,neg",
                        "Cy,2021-03-06,fine again,t102,pos",
                        "Di,2021-03-07,dull again,t103,neg",
                    ],
                ),
            )
            .rows(4)
            .label_column("airline_sentiment")
            .labels([("pos", 2), ("neg", 2)])
            .check();
    }
}

#[test]
fn a_column_is_what_it_holds() {
    let rows = [
        "https://a.example/1,B00A7X,2015-02-24T11:35:52Z,120,,a fine film,x,good",
        "https://a.example/2,B00B8Y,2015-02-25T11:35:52Z,121,,a dull film of last year,y,bad",
        "https://a.example/3,B00C9Z,2015-02-26T11:35:52Z,122,,what a fine story,z,good",
        "https://a.example/4,B00D0A,2015-02-27T11:35:52Z,123,once,dull again,w,bad",
    ];
    Case::new("columns without telling names: not a link, an id, a date, a number or an empty column")
        .file("a.csv", table("a,b,c,d,e,f,g,h", &rows))
        .rows(4)
        .text_column("f")
        .label_column("h")
        .labels([("good", 2), ("bad", 2)])
        .check();
    Case::new("a column 'text' that holds links is not the text")
        .file(
            "a.csv",
            table(
                "text,content,label",
                &["http://a/1,a fine film,1", "http://a/2,a dull film,0", "http://a/3,fine,1"],
            ),
        )
        .text_column("content")
        .check();
    Case::new("arrays beside the text")
        .file(
            "a.jsonl",
            "{\"tokens\": [\"a\", \"very\", \"fine\", \"film\", \"indeed\", \"it\", \"is\"], \"said\": \"a fine film\", \"label\": 1}\n\
             {\"tokens\": [\"a\", \"very\", \"dull\", \"film\", \"indeed\", \"it\", \"is\"], \"said\": \"a dull film\", \"label\": 0}\n",
        )
        .text_column("said")
        .labels([("0", 1), ("1", 1)])
        .check();
}

#[test]
fn well_known_tables() {
    for (name, header, rows, text, label) in [
        (
            "Amazon's reviews",
            "reviewerID,asin,reviewerName,helpful,reviewText,overall,summary,unixReviewTime,reviewTime",
            &[
                "A1X,B001,Ann,\"[0, 1]\",It fits well and looks fine,5.0,Fits well,1252800000,\"09 13, 2009\"",
                "A2Y,B002,Bo,\"[1, 1]\",It broke after a day of use,1.0,Broke at once,1252800001,\"09 14, 2009\"",
                "A3Z,B003,Cy,\"[0, 0]\",Quite good for what it costs,5.0,Quite good,1252800002,\"09 15, 2009\"",
                "A4Q,B004,Di,\"[0, 0]\",Never again this brand,1.0,Never again,1252800003,\"09 16, 2009\"",
            ][..],
            "summary, reviewText",
            "overall",
        ),
        (
            "Yelp's reviews",
            "review_id,user_id,business_id,stars,useful,funny,cool,text,date",
            &[
                "x1Aq,u9B,b3C,5,1,0,0,Great food and service,2014-02-05",
                "x2Aq,u8B,b3C,1,0,0,0,We waited for an hour,2014-02-06",
                "x3Aq,u7B,b4C,5,0,1,0,Great food again,2014-02-07",
                "x4Aq,u6B,b5C,1,0,0,1,An hour for a coffee,2014-02-08",
            ],
            "text",
            "stars",
        ),
        (
            "tweets about airlines",
            "tweet_id,airline_sentiment,airline_sentiment_confidence,negativereason,airline,airline_sentiment_gold,name,retweet_count,\
             text,tweet_created",
            &[
                "570306133677760513,neutral,1.0,,Virgin,,cairdin,0,@Virgin What was said,2015-02-24 11:35:52 -0800",
                "570301130888122368,positive,0.3486,,Virgin,,jnardino,0,@Virgin thanks for that,2015-02-24 11:15:59 -0800",
                "570301083672813571,neutral,0.6837,,Virgin,,yvonna,0,@Virgin I did not fly today,2015-02-24 11:15:48 -0800",
                "570301031407624196,negative,1.0,Bad Flight,Virgin,,jnard,0,@Virgin it is loud,2015-02-24 11:15:36 -0800",
                "570300817074462722,negative,1.0,Late,Virgin,,jnar,0,@Virgin late again,2015-02-24 11:14:45 -0800",
            ],
            "text",
            "airline_sentiment",
        ),
        (
            "messages and spam",
            "v1,v2",
            &[
                "ham,Are we going home now?",
                "spam,WINNER!! call now",
                "ham,Ok lar",
                "spam,Free entry in a week",
            ],
            "v2",
            "v1",
        ),
        (
            "names of people, which have no spaces",
            "name,language",
            &["Ivanov,Russian", "Rossini,Italian", "Popov,Russian", "Bellini,Italian"],
            "name",
            "language",
        ),
        (
            "who wrote it",
            "id,text,author",
            &[
                "id26305,This process afforded me no means,EAP",
                "id17569,It never once occurred to me,HPL",
                "id11008,In his left hand,EAP",
                "id27763,How lovely is spring,HPL",
            ],
            "text",
            "author",
        ),
        (
            "a flag",
            "subject,is_spam,sent",
            &[
                "free money now,1,2020-01-01",
                "lunch on friday,0,2020-01-02",
                "win a car today,1,2020-01-03",
                "notes of monday,0,2020-01-04",
            ],
            "subject",
            "is_spam",
        ),
    ] {
        Case::new(name)
            .file("a.csv", table(header, rows))
            .rows(rows.len() as u64)
            .text_column(text)
            .label_column(label)
            .check();
    }
}

#[test]
fn a_title_stands_before_its_text() {
    let rows = [
        "1,Fine,a fine film,good",
        "2,Dull,a dull film,bad",
        "3,Finer,finer still,good",
        "4,Duller,duller still,bad",
    ];
    for (header, text) in [
        ("id,title,text,label", "title, text"),
        ("id,Headline,Article Body,label", "Headline, Article Body"),
        ("id,sentence1,sentence2,label", "sentence1, sentence2"),
        ("id,premise,hypothesis,label", "premise, hypothesis"),
        ("id,name,text,label", "text"),
    ] {
        Case::new(header).file("a.csv", table(header, &rows)).rows(4).text_column(text).check();
    }
    Case::new("a subject that repeats is a category, not a title")
        .file(
            "a.csv",
            table(
                "subject,text,label",
                &["news,a fine film,good", "news,a dull film,bad", "arts,fine,good", "arts,dull,bad"],
            ),
        )
        .text_column("text")
        .check();
    Case::new("nor is one that is always the same")
        .file(
            "a.csv",
            table(
                "title,subject,text,label",
                &["Fine,news,a fine film,good", "Dull,news,a dull film,bad", "Finer,news,fine,good"],
            ),
        )
        .text_column("title, text")
        .check();
    let home = Home::new();
    fs::write(home.path("a.csv"), table("id,title,text,label", &rows)).unwrap();
    let ran =
        home.run("train a.csv --epochs 0 --test-split 0 --validation-split 0 --no-baseline --units 2").ok();
    let note = "texts are taken from the column 'title, text', labels from 'label'; --text-column chooses other columns";
    assert!(ran.stderr.contains(note), "{ran:#?}");
}

#[test]
fn names_may_be_given_loosely_and_lead_into_objects() {
    let nested = "{\"review\": {\"text\": \"a fine film\", \"by\": {\"name\": \"Ann\"}}, \"stars\": 5}\n\
                  {\"review\": {\"text\": \"a dull film\"}, \"stars\": 1}\n{\"review\": {\"text\": \"fine\"}, \"stars\": 5}\n\
                  {\"review\": null, \"stars\": 1}\n";
    for options in ["", "--text-column review.text", "--text-column Review.Text --label-column Stars"] {
        Case::new("a text in an object")
            .file("a.jsonl", nested)
            .options(&format!("{options} --on-error skip"))
            .rows(3)
            .skipped(1)
            .text_column("review.text")
            .labels([("1", 1), ("5", 2)])
            .check();
    }
    Case::new("an object is not a text")
        .file("a.jsonl", nested)
        .options("--text-column review")
        .refused(1, &["the column 'review' holds objects; name a value in them, such as 'review.text'"]);
    Case::new("a key that is not there")
        .file("a.jsonl", nested)
        .options("--text-column review.title")
        .refused(1, &["there is no column 'review.title'; the columns are review, stars, review.by.name, review.text"]);
}

#[test]
fn two_columns_of_one_name() {
    let twice = "text,label,text\na fine film,good,yes\na dull film,bad,no\n";
    Case::new("the name is needed")
        .file("a.csv", twice)
        .refused(1, &["two columns have the name 'text': column 1 and column 3; rename one of them"]);
    Case::new("the name is not needed")
        .file("a.csv", "text,label,,\na fine film,good,,\na dull film,bad,,\n")
        .rows(2)
        .text_column("text")
        .check();
}

#[test]
fn numbers_suggest_regression() {
    let prices = |step: usize| {
        let lines: Vec<String> =
            (0..60).map(|row| format!("house {row} of {},{}", row % 7, 1000 + row / step)).collect();
        format!("text,price\n{}\n", lines.join("\n"))
    };
    Case::new("numbers that repeat are usable labels")
        .file("a.csv", prices(2))
        .options("--label-column price")
        .rows(60)
        .note("the column price holds 30 different numbers, each of which is a label here; --task regression predicts numbers")
        .check();
    Case::new("numbers alone are no column of labels").file("a.csv", prices(1)).refused(
        1,
        &["none looks like a column of labels; to predict the numbers of 'price', give --task regression"],
    );
    Case::new("but of numbers")
        .file("a.csv", prices(1))
        .options("--task regression")
        .label_column("price")
        .check();
    Case::new("five stars are labels")
        .file("a.csv", "text,stars\na,1\nb,2\nc,3\nd,4\ne,5\nf,1\ng,2\nh,3\ni,4\nj,5\n")
        .no_note("regression")
        .check();
    let home = Home::new();
    fs::write(home.path("a.csv"), prices(1)).unwrap();
    home.run("train a.csv --label-column price").failed(
        1,
        &["a.csv: each row has another number in the column price, so these are no classes; give --task regression"],
    );
}
